import { signal } from '@preact/signals';

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 6_000;
const SHOWN_AT_MOST = 3;

export const toasts = signal<readonly Toast[]>([]);
let nextId = 1;

/** A short note at the foot of the page; it is read out, and an action in it can be reached by keyboard. */
export function notify(text: string, action?: Toast['action']): void {
  const toast: Toast = { id: nextId++, text, ...(action ? { action } : {}) };
  toasts.value = [...toasts.value, toast].slice(-SHOWN_AT_MOST);
  announce(text);
  setTimeout(() => dismiss(toast.id), action ? SHOWN_MS * 1.5 : SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** What the polite live region says now. */
export const announcement = signal('');

const GAP_MS = 1_500;
const KEPT = 4;
let queue: string[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;

/** Reads a text out without interrupting; texts that come close together are said in turn, the newest few. */
export function announce(text: string): void {
  if (queue.at(-1) === text) return;
  queue = [...queue, text].slice(-KEPT);
  if (!timer) say();
}

function say(): void {
  const text = queue.shift();
  if (text === undefined) {
    timer = null;
    announcement.value = '';
    return;
  }
  announcement.value = text;
  timer = setTimeout(say, GAP_MS);
}
