/** How a figure is called in tables, and to how many digits it means something; others are in the JSON only. */
export const figureTitles: Record<string, { title: string; digits: number }> = {
  perSecond: { title: 'per second', digits: 0 },
  acceptedPerSecond: { title: 'accepted/s', digits: 0 },
  completedPerSecond: { title: 'completed/s', digits: 0 },
  completedPerAccepted: { title: 'completed ÷ accepted', digits: 2 },
  p50Ms: { title: 'p50 ms', digits: 1 },
  p99Ms: { title: 'p99 ms', digits: 1 },
  clientP50Ms: { title: 'from the client: p50 ms', digits: 1 },
  clientP99Ms: { title: 'p99 ms', digits: 1 },
  commitsPer: { title: 'commits each', digits: 2 },
  walBytesPer: { title: 'WAL bytes each', digits: 0 },
  queueBytesPer: { title: 'queue bytes each, waiting', digits: 0 },
  jobBytesPer: { title: 'bytes of the job alone', digits: 0 },
  queueMbBefore: { title: 'queue MB at a tenth', digits: 1 },
  queueMbAfter: { title: 'queue MB at the end', digits: 1 },
  workerMbBefore: { title: 'worker MB at a tenth', digits: 0 },
  workerMbAfter: { title: 'worker MB at the end', digits: 0 },
  apiMbBefore: { title: 'API MB at a tenth', digits: 0 },
  apiMbAfter: { title: 'API MB at the end', digits: 0 },
  executions: { title: 'executions', digits: 0 },
  inFlight: { title: 'in flight', digits: 0 },
  workerMb: { title: 'worker MB, at most', digits: 0 },
  workerChildrenMb: { title: 'its children MB', digits: 0 },
  secondsUntilAllRun: { title: 's until all run', digits: 1 },
  workerCpuShare: { title: 'worker CPU while they wait, cores', digits: 3 },
  commitsPerSecond: { title: 'commits/s of all processes meanwhile', digits: 1 },
};

/** What the tables show of a row's CPU time, in this order. */
export const cpuRoles = ['api', 'worker', 'postgres', 'redis', 'simulator', 'load'] as const;
