/** Makes the page work offline. */
import { preload } from 'stgan';

/**
 * Registers the service worker, and stores the photo and the glasses that are shown, which were
 * loaded without it. An installed app also stores the files that other photos and glasses need. A
 * failure only means that the page needs a connection.
 */
export async function workOffline(shown: readonly string[]): Promise<void> {
  // The development server has no service worker, and insecure pages may not have one.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
    await controlled();
    await Promise.all(shown.map((address) => fetch(address)));
    if (matchMedia('(display-mode: standalone)').matches) await preload({ files: ['locator', 'cutOut'], cache: true });
  } catch {
    // No storage, or no connection any more.
  }
}

/** Waits until the service worker answers the requests of this page. */
async function controlled(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return;
  await new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}
