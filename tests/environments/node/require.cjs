const { TryOn } = require('stgan');

import('./check.mjs').then(async ({ report }) => console.log(JSON.stringify(await report(TryOn))));
