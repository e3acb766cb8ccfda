/** Takes a photo with the camera in a dialog. It is then handled like any other photo. */
import type { Announcer } from '../announce.ts';
import { cameraPhotoNotice } from '../messages.ts';

export function camera(
  elements: {
    open: HTMLButtonElement;
    dialog: HTMLDialogElement;
    video: HTMLVideoElement;
    takePhoto: HTMLButtonElement;
  },
  announce: Announcer,
  use: (photo: Blob, name: string) => void,
): void {
  const { open, dialog, video, takePhoto } = elements;
  // Missing in insecure contexts and in browsers without camera support.
  if (!navigator.mediaDevices?.getUserMedia) {
    open.hidden = true;
    return;
  }

  open.addEventListener('click', () => void start());
  dialog.querySelector('[data-close]')!.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', stop);
  video.addEventListener('playing', () => {
    takePhoto.disabled = false;
    takePhoto.focus();
  });
  takePhoto.addEventListener('click', () => void capture());

  async function start(): Promise<void> {
    takePhoto.disabled = true;
    dialog.showModal();
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'user', width: { ideal: 1920 }, height: { ideal: 1440 } },
        audio: false,
      });
      // The dialog may have been closed while the browser asked for permission.
      if (!dialog.open) return stopTracks(stream);
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      if (!dialog.open) return;
      dialog.close();
      announce.notify(cameraPhotoNotice(error));
    }
  }

  async function capture(): Promise<void> {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext('2d')!.drawImage(video, 0, 0);
    dialog.close();
    use(await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 }), 'Camera photo');
  }

  function stop(): void {
    if (video.srcObject instanceof MediaStream) stopTracks(video.srcObject);
    video.srcObject = null;
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
