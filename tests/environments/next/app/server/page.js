import { TryOn } from 'stgan';
import { report } from '../../check.mjs';

export const dynamic = 'force-dynamic';

export default async function Page() {
  return <pre>{JSON.stringify(await report(TryOn))}</pre>;
}
