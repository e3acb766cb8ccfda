export const title = 'SvelteKit';

/** The result that the page of the server contains, and that of the page in the browser. */
async function visit(address, open) {
  const [, text] = /<pre>(.*?)<\/pre>/s.exec(await (await fetch(new URL('/server', address))).text());
  return { server: JSON.parse(text), client: await open(new URL('/client', address).href) };
}

/** Fails unless both results are there and equal. */
function both({ server, client }) {
  if (JSON.stringify(server.homography) !== JSON.stringify(client.homography))
    throw new Error(`server ${JSON.stringify(server)}, client ${JSON.stringify(client)}`);
  return client;
}

export const steps = {
  'development server': async ({ start, open }) =>
    both(await visit(await start('vite', 'dev', '--host', '127.0.0.1', '--port', '0'), open)),
  'build, server and client': async ({ run, start, open }) => {
    await run('vite', 'build', '--logLevel', 'error');
    return both(await visit(await start('vite', 'preview', '--host', '127.0.0.1', '--port', '0'), open));
  },
};
