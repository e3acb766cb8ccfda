'use client';

import { useEffect } from 'react';
import { TryOn } from 'stgan';
import { report } from '../../check.mjs';

export default function Page() {
  useEffect(() => {
    report(TryOn).then((result) => {
      window.result = result;
    });
  }, []);
  return <p>stgan</p>;
}
