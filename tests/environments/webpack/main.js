import { TryOn } from 'stgan';
import { report } from './check.mjs';

window.result = await report(TryOn);
