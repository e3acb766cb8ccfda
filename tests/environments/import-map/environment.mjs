import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const title = 'Import map';

export const steps = {
  'package from another origin': async ({ folder, serve, open }) => {
    const other = await serve('node_modules/stgan', { 'access-control-allow-origin': '*' });
    const page = readFileSync(join(folder, 'page.html'), 'utf8');
    writeFileSync(join(folder, 'index.html'), page.replace('ORIGIN/', other));
    return open(await serve('.'));
  },
};
