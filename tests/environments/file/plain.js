import { TryOn } from 'stgan';
import { report } from './check.mjs';

report(TryOn).then((result) => (window.result = result));
