import { subjects } from './subjects/subjects.ts';

for (const { name, title } of subjects) console.log(name, title);
