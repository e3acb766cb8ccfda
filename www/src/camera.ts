/** A photo from the camera: a still, taken in a dialog and treated as any other photo. */
import type { Announcer } from './announce.ts';

export function camera(
  elements: { open: HTMLButtonElement; dialog: HTMLDialogElement; video: HTMLVideoElement; shoot: HTMLButtonElement },
  announce: Announcer,
  take: (photo: Blob, name: string) => void,
): void {
  const { open, dialog, video, shoot } = elements;
  // Missing in insecure contexts and in browsers without cameras.
  if (!navigator.mediaDevices?.getUserMedia) {
    open.hidden = true;
    return;
  }

  open.addEventListener('click', () => void start());
  dialog.querySelector('[data-close]')!.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', stop);
  video.addEventListener('playing', () => {
    shoot.disabled = false;
    shoot.focus();
  });
  shoot.addEventListener('click', () => void still());

  async function start(): Promise<void> {
    shoot.disabled = true;
    dialog.showModal();
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'user', width: { ideal: 1920 }, height: { ideal: 1440 } },
        audio: false,
      });
      // Closed while the browser asked for permission.
      if (!dialog.open) return stopTracks(stream);
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      if (!dialog.open) return;
      dialog.close();
      announce.warn({
        title: 'The camera could not be used.',
        advice:
          error instanceof DOMException && error.name === 'NotAllowedError'
            ? 'Allow it for this page in the browser’s settings, or choose a photo instead.'
            : 'Check that it is connected and not in use, or choose a photo instead.',
      });
    }
  }

  async function still(): Promise<void> {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext('2d')!.drawImage(video, 0, 0);
    dialog.close();
    take(await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 }), 'Camera photo');
  }

  function stop(): void {
    if (video.srcObject instanceof MediaStream) stopTracks(video.srcObject);
    video.srcObject = null;
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
