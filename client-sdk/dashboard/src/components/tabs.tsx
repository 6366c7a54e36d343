import type { ComponentChildren } from 'preact';

export interface TabEntry<Id extends string> {
  id: Id;
  label: ComponentChildren;
}

interface TabsProps<Id extends string> {
  label: string;
  tabs: TabEntry<Id>[];
  chosen: Id;
  /** Prefix of the panels' ids, which are `${panels}-${id}`. */
  panels: string;
  onChoose(id: Id): void;
}

/** One tab is in the tab order, arrows move between them and choose at once. */
export function Tabs<Id extends string>({ label, tabs, chosen, panels, onChoose }: TabsProps<Id>) {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const next = tabs.at((at + step) % tabs.length);
    if (!next) return;
    onChoose(next.id);
    document.getElementById(`${panels}-${next.id}-tab`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" tabindex={-1} aria-label={label} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          type="button"
          key={tab.id}
          id={`${panels}-${tab.id}-tab`}
          class="tab"
          role="tab"
          aria-selected={tab.id === chosen}
          aria-controls={`${panels}-${tab.id}`}
          tabindex={tab.id === chosen ? 0 : -1}
          onClick={() => onChoose(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}
