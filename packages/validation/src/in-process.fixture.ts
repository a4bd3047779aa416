import { Ajv2020 } from 'ajv/dist/2020.js';

/** The fast and careless way, to compare with: a tenant's schema and function on the event loop of this process. */
export function createInProcess(schema: object, source: string) {
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  const judge = new Function(`return (${source})`)() as (output: string, facts: object) => unknown;
  return {
    ajv: (output: string) => validate(JSON.parse(output)),
    function: (output: string) => judge(output, { parsed: JSON.parse(output) }),
  };
}
