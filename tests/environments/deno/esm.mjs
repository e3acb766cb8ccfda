import { TryOn } from 'stgan';
import { report } from './check.mjs';

console.log(JSON.stringify(await report(TryOn)));
