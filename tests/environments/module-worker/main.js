const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => (window.result = data);
worker.onerror = ({ message }) => (window.result = { error: message || 'the worker did not start' });
