/** The session of the room tab: furniture in photos of rooms. */
import type { CompositeOptions, WorkerTryOn } from 'stgan';
import type { Notice } from '../announce.ts';
import { type EditorParts, EditorSession } from '../editor/session.ts';
import type { Choice, OpenPhoto } from '../editor/state.ts';
import type { Placement } from '../geometry.ts';
import { roomFitNotice } from '../messages.ts';
import { read } from '../sources.ts';
import { isOpaque, mirrored } from './mirror.ts';
import type { OpenPiece, RoomState } from './state.ts';

const TEXTS = {
  foreground: 'furniture',
  photo: 'room',
  advice: 'Drag the furniture to its place, then press Fit.',
  reset: 'The furniture is back where it started.',
} as const;

/** A product photo without its ground. */
async function cutOutOf(tryOn: WorkerTryOn, pixels: ImageData): Promise<ImageData> {
  const furniture = await tryOn.furniture(pixels);
  try {
    return await furniture.image;
  } finally {
    furniture.dispose();
  }
}

export class RoomSession extends EditorSession<Choice, RoomState> {
  constructor(parts: EditorParts<RoomState>) {
    super(parts, TEXTS);
  }

  override async chooseForeground(choice: Choice): Promise<boolean> {
    const piece = await this.loadForeground(choice, async () => {
      const opened = await this.images.call('foreground', [await read(choice.source)]);
      if (!isOpaque(opened.pixels)) return { choice, ...opened };
      const cutOut = await this.model.use((tryOn) => cutOutOf(tryOn, opened.pixels));
      return { choice, ...(await this.images.call('measured', [cutOut])) };
    });
    if (!piece) return false;
    this.store.set({ mirrored: false });
    this.showForeground(piece, `${choice.name} selected. Drag it to its place, then press Fit.`);
    return true;
  }

  /** Mirrors the piece from left to right. */
  async mirror(): Promise<void> {
    const { foreground } = this.state;
    if (!foreground) return;
    const turned = await this.loadForeground(foreground.choice, () => mirrored(foreground));
    if (!turned) return;
    const placement = this.currentPlacement ?? this.state.placement;
    this.store.set({ mirrored: !this.state.mirrored, placement });
    this.showForeground(turned, this.state.mirrored ? 'The furniture is mirrored.' : 'The furniture is not mirrored.');
  }

  setShadow(shadow: boolean): void {
    this.store.set({ shadow });
    this.announce.status(shadow ? 'With a contact shadow.' : 'Without a contact shadow.');
    void this.showComposite();
  }

  /** The lower middle of the photo, where most rooms have their floor. */
  protected override firstPlacement({ info: { width, height } }: OpenPhoto): Placement {
    return { x: 0.5 * width, y: 0.62 * height, width: 0.3 * Math.min(width, height), rotation: 0 };
  }

  protected override async prepared({ pixels }: OpenPiece): Promise<ImageData> {
    return pixels;
  }

  protected override fitNotice(): Notice {
    return roomFitNotice();
  }

  protected override compositeOptions(): CompositeOptions {
    return { shadow: this.state.shadow };
  }
}
