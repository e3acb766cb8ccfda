import { TryOn } from 'stgan';
import { report } from '../../../check.mjs';

export const load = async () => ({ text: JSON.stringify(await report(TryOn)) });
