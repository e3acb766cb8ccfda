/** The user’s own glasses: from a file to a reviewed cut-out in the list of glasses. */
import type { GlassesReport } from 'stgan';
import type { Announcer } from './announce.ts';
import type { Pixels, Sheet } from './correct.ts';
import type { Model } from './editor/model.ts';
import { saveFile } from './editor/result.ts';
import { fileName, formatBytes } from './format.ts';
import type { ImageClient } from './image-client.ts';
import { codeOf, downloadNotice, foregroundNotice } from './messages.ts';
import type { GlassesCache } from './photo/glasses-cache.ts';
import type { Session, SessionParts } from './photo/session.ts';
import type { GlassesChoice, Store } from './photo/state.ts';
import { findings, refusal } from './report.ts';
import type { Answer, Review } from './review.ts';
import type { EncodedInfo } from './types.ts';

/** Number of cut-outs that are kept for later corrections. Others start from the photo again. */
const MAX_KEPT = 3;

export interface OwnGlassesElements {
  readonly add: HTMLButtonElement;
  readonly bar: HTMLElement;
  readonly note: HTMLElement;
  readonly edit: HTMLButtonElement;
}

/** A cut-out in progress. */
interface Draft {
  /** The glasses in the cache. */
  readonly id: string;
  readonly name: string;
  readonly photo: Blob;
  readonly report: GlassesReport;
  readonly sheet: Sheet;
  /** Whether nothing has been removed yet. */
  readonly unfinished: boolean;
}

export class OwnGlasses {
  readonly #store: Store;
  readonly #model: Model;
  readonly #images: ImageClient;
  readonly #cache: GlassesCache;
  readonly #session: Session;
  readonly #announce: Announcer;
  readonly #review: Review;
  readonly #elements: OwnGlassesElements;
  readonly #chooseFile: () => void;
  /** Drafts of glasses in the list, by id, the oldest first. */
  readonly #kept = new Map<string, Draft>();
  #ids = 0;
  /** Number of the last file. Earlier ones are abandoned. */
  #latest = 0;

  constructor(
    { store, model, images, cache, announce }: SessionParts,
    session: Session,
    review: Review,
    elements: OwnGlassesElements,
    chooseFile: () => void,
  ) {
    this.#store = store;
    this.#model = model;
    this.#images = images;
    this.#cache = cache;
    this.#session = session;
    this.#announce = announce;
    this.#review = review;
    this.#elements = elements;
    this.#chooseFile = chooseFile;
    elements.edit.addEventListener('click', () => void this.edit());
    store.subscribe(({ foreground }) => {
      const own = foreground?.choice.own;
      elements.bar.hidden = !own;
      const text = own?.note ?? '';
      if (elements.note.textContent !== text) elements.note.textContent = text;
    });
  }

  /** Opens an image of glasses. It is reviewed first if its background has been removed. */
  async open(photo: Blob, name: string): Promise<void> {
    const mine = ++this.#latest;
    const id = this.#newId();
    this.#review.close('cancel');
    this.#announce.status(`Opening ${name}…`);
    this.#busy = true;
    try {
      const { report, sheet } = await this.#prepare(id, photo, 'auto', false);
      if (mine !== this.#latest) return this.#cache.delete(id);
      this.#busy = false;
      this.#announce.status('');
      if (sheet) await this.#reviewed({ id, name, photo, report, sheet, unfinished: false });
      else if (!(await this.#add(this.#choice(id, name, photo, photo, note(report))))) this.#cache.delete(id);
    } catch (error) {
      if (mine !== this.#latest) return;
      this.#busy = false;
      this.#announce.status('');
      await this.#refused(error, photo, name);
    }
  }

  /** Opens the cut-out of the chosen glasses again. */
  async edit(): Promise<void> {
    const choice = this.#store.state.foreground?.choice;
    if (!choice?.own) return;
    const { id, name, own } = choice;
    const kept = this.#kept.get(id);
    if (kept) {
      const { sheet } = kept;
      // A cancelled correction must not change the draft.
      const cutOut = { ...sheet.cutOut, data: sheet.cutOut.data.slice() };
      return this.#reviewed({ ...kept, sheet: { ...sheet, cutOut } }, choice);
    }
    const draft = this.#newId();
    try {
      const { report, sheet } = await this.#prepare(draft, own.photo, 'auto', true);
      await this.#reviewed({ id: draft, name, photo: own.photo, report, sheet: sheet!, unfinished: false }, choice);
    } catch (error) {
      await this.#refused(error, own.photo, name);
    }
  }

  set #busy(busy: boolean) {
    this.#elements.add.dataset.busy = String(busy);
  }

  #newId(): string {
    return `own-glasses-${++this.#ids}`;
  }

  /**
   * Prepares an image of glasses: removes the background if `cutOut` is `auto` and there is one.
   * The result has a sheet if the background was removed, and always with `withSheet`.
   */
  async #prepare(
    id: string,
    file: Blob,
    cutOut: 'auto' | 'never',
    withSheet: boolean,
  ): Promise<{ report: GlassesReport; sheet: Sheet | null }> {
    const pixels = await this.#images.call('pixels', [file]);
    const glasses = await this.#model.use(async (tryOn) => {
      const prepared = await tryOn.glasses(pixels, { cutOut });
      await this.#cache.add(id, tryOn, prepared);
      return prepared;
    });
    const { report, toSource } = glasses;
    if (report.kind !== 'cut-out' && !withSheet) return { report, sheet: null };
    const sheet = await this.#images.call('sheet', [pixels, await glasses.image, toSource], [pixels.data.buffer]);
    return { report, sheet };
  }

  /** Encodes glasses as PNG, or a corrected cut-out, cropped to its visible pixels. */
  async #encode(id: string, corrected: Pixels | null): Promise<EncodedInfo> {
    if (corrected) return this.#images.call('encoded-cut-out', [corrected]);
    const { pixels } = await this.#cache.load(id);
    return this.#images.call('encoded', [pixels, 'image/png']);
  }

  /** Shows why an image cannot be used. The user may still remove the background by hand. */
  async #refused(error: unknown, photo: Blob, name: string): Promise<void> {
    const reason = refusal(codeOf(error));
    if (!reason) return this.#session.notifyFailure(error, foregroundNotice(error, name, 'glasses'));
    const address = URL.createObjectURL(photo);
    const answer = await this.#review.refuse(name, address, reason);
    URL.revokeObjectURL(address);
    if (answer !== 'by-hand') return this.#follow(answer);
    const id = this.#newId();
    try {
      const { report, sheet } = await this.#prepare(id, photo, 'never', true);
      await this.#reviewed({ id, name, photo, report, sheet: sheet!, unfinished: true });
    } catch (failure) {
      this.#session.notifyFailure(failure, foregroundNotice(failure, name, 'glasses'));
    }
  }

  #follow(answer: Answer): void {
    if (answer === 'another') this.#chooseFile();
  }

  /** Reviews a cut-out, then adds it to the list, or replaces the choice that it corrects. */
  async #reviewed(draft: Draft, replaced?: GlassesChoice): Promise<void> {
    const { id, name, report, unfinished } = draft;
    const answer = await this.#review.show({
      name,
      sheet: draft.sheet,
      findings: unfinished ? [] : findings(report),
      unfinished,
      save: (corrected) => this.#save(id, name, corrected),
    });
    const { corrected } = this.#review;
    if (answer !== 'use' || (replaced && !corrected)) {
      if (id !== replaced?.id) this.#cache.delete(id);
      return this.#follow(answer);
    }
    try {
      const { blob } = await this.#encode(id, corrected);
      // The cache has the cut-out from before the corrections under the draft’s id.
      const used = corrected ? this.#newId() : id;
      const text = corrected ? 'Corrected by you.' : note(report);
      const choice = this.#choice(used, name, draft.photo, blob, text);
      if (!(await this.#add(choice, replaced))) return;
      if (used !== id) this.#cache.delete(id);
      this.#keep({ ...draft, id: used, unfinished: false });
    } catch (error) {
      this.#session.notifyFailure(error, foregroundNotice(error, name, 'glasses'));
    }
  }

  #choice(id: string, name: string, photo: Blob, image: Blob, text: string): GlassesChoice {
    return {
      id,
      name,
      kind: 'your own',
      source: { blob: image },
      thumbnail: URL.createObjectURL(image),
      own: { photo, note: text },
    };
  }

  async #add(choice: GlassesChoice, replaced?: GlassesChoice): Promise<boolean> {
    if (!(await this.#session.chooseForeground(choice))) {
      URL.revokeObjectURL(choice.thumbnail);
      return false;
    }
    const choices = this.#store.state.foregroundChoices.filter((each) => each !== replaced);
    if (replaced) {
      URL.revokeObjectURL(replaced.thumbnail);
      this.#kept.delete(replaced.id);
      this.#cache.delete(replaced.id);
    }
    this.#store.set({ foregroundChoices: [choice, ...choices] });
    return true;
  }

  #keep(draft: Draft): void {
    this.#kept.set(draft.id, draft);
    for (const id of this.#kept.keys()) if (this.#kept.size > MAX_KEPT) this.#kept.delete(id);
  }

  /** Saves the cut-out as PNG. Resolves to a message. */
  async #save(glasses: string, name: string, corrected: Pixels | null): Promise<string> {
    try {
      const { blob, width, height } = await this.#encode(glasses, corrected);
      const file = fileName(name, 'cut-out', 'image/png');
      saveFile(blob, file);
      return `Saved ${file} (${width} × ${height} pixels, ${formatBytes(blob.size)}).`;
    } catch (error) {
      const { title } = downloadNotice(error);
      return title;
    }
  }
}

/** What was done to glasses, as a sentence for each finding. */
function note(report: GlassesReport): string {
  if (report.kind === 'untouched') return 'Used as it is.';
  return findings(report)
    .map(({ text }) => `${text}.`)
    .join(' ');
}
