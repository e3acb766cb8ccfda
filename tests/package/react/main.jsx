/** An application in strict mode. `window.setProps` renders it again, and `window.log` has its calls. */
import { StrictMode, useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { TryOn, useTryOn } from 'stgan/react';

window.log = [];

function Faces({ photo, enabled }) {
  const { tryOn, error } = useTryOn({ enabled });
  const [count, setCount] = useState(null);
  useEffect(() => {
    let isCurrent = true;
    if (!tryOn || !photo) return;
    fetch(photo)
      .then((response) => response.blob())
      .then((blob) => tryOn.locate(blob))
      .then((faces) => isCurrent && setCount(faces.length));
    return () => {
      isCurrent = false;
    };
  }, [tryOn, photo]);
  return <p data-testid="faces">{error ? error.code : count === null ? 'none yet' : `${count} found`}</p>;
}

function App() {
  const [{ isShown = true, enabled = true, ...props }, setProps] = useState({
    photo: './helen.jpg',
    glasses: ['./quill.png', './noon.png'],
  });
  const ref = useRef(null);
  useEffect(() => {
    window.setProps = (change) => setProps((before) => ({ ...before, ...change }));
    window.element = ref;
  }, []);
  return (
    <main>
      {isShown && (
        <TryOn
          {...props}
          glasses={[...props.glasses]}
          ref={ref}
          className="try-on"
          onReady={({ model }) => window.log.push(['ready', model.stages > 0])}
          onFit={({ selected }) => window.log.push(['fit', selected])}
          onState={(state) => window.log.push(['state', state])}
          onError={({ code }) => window.log.push(['error', code])}
        >
          <p>Try them on</p>
        </TryOn>
      )}
      <Faces photo="./helen.jpg" enabled={enabled} />
    </main>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
