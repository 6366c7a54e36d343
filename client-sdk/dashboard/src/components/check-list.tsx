interface CheckListProps<Value extends string> {
  legend: string;
  hint?: string;
  options: readonly { value: Value; label: string }[];
  chosen: readonly Value[];
  onChosen(chosen: Value[]): void;
}

/** Several of a few. */
export function CheckList<Value extends string>(props: CheckListProps<Value>) {
  const { legend, hint, options, chosen, onChosen } = props;
  return (
    <fieldset class="check-list">
      <legend>{legend}</legend>
      {hint && <p class="small muted">{hint}</p>}
      <div class="checks">
        {options.map((option) => (
          <label key={option.value} class="row">
            <input
              type="checkbox"
              checked={chosen.includes(option.value)}
              onChange={(event) =>
                onChosen(
                  event.currentTarget.checked
                    ? [...chosen, option.value]
                    : chosen.filter((value) => value !== option.value),
                )
              }
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
