import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 63.99rem)');
const narrow = signal(query.matches);
query.addEventListener('change', (event) => {
  narrow.value = event.matches;
});

/** True where the live page shows one part at a time, in step with the style sheet. */
export const useIsNarrow = () => narrow.value;
