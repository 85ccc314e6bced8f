// Writes templates/parts/strong-forms.sh: the box's copy of the strong forms of error messages.
// Run by `npm run schema`, which lets node read TypeScript.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { strongFormsScript } from '../src/watch/reason/forms.ts';

const part = fileURLToPath(new URL('../templates/parts/strong-forms.sh', import.meta.url));
await writeFile(part, strongFormsScript());
