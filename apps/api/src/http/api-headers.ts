import helmet from 'helmet';
import { fixedHeaders } from './fixed-headers.ts';

/**
 * What every answer says to a browser that shows it, although it is no page: nothing in it is to be run or framed. The rest
 * of what helmet says is for pages, which say it themselves.
 */
export const apiHeaders = fixedHeaders(
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }),
);
