import { report } from './check.mjs';
import { TryOn } from './node_modules/stgan/dist/index.js';

postMessage(await report(TryOn));
