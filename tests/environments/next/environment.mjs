export const title = 'Next';

const ADDRESS = ['--hostname', '127.0.0.1', '--port', '0'];

/** Opens a page in the browser, or reads the result in a page that the server rendered. */
const visit = {
  client: ({ open }, address) => open(new URL('/client', address).href),
  async server(_, address) {
    const page = await (await fetch(new URL('/server', address))).text();
    return JSON.parse(/<pre>(.*?)<\/pre>/s.exec(page)[1].replaceAll('&quot;', '"').replaceAll('&#x27;', "'"));
  },
};

export const steps = {
  'build, client component': async (context) => {
    await context.run('next', 'build');
    return visit.client(context, await context.start('next', 'start', ...ADDRESS));
  },
  'build, server page': async (context) => visit.server(context, await context.start('next', 'start', ...ADDRESS)),
  'server page in its bundle': async (context) => {
    context.environment.STGAN_IN_BUNDLE = '1';
    const { error } = await visit.server(context, await context.start('next', 'dev', ...ADDRESS));
    if (!/^StganError fetch: .*serverExternalPackages: \['stgan'\]/.test(error)) throw new Error(error);
    return 'refused; the error names the setting';
  },
};
