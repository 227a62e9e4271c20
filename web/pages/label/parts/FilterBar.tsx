import type {ComponentChildren} from 'preact';

import {kSorts, type Filter} from '../logic/filters';
import {useServices} from '../services';
import {useWords} from '../words/useWords';

interface Props {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

function Choice({name, value, options, onChange}: {name: string; value: string; options: [string, string][]; onChange: (value: string) => void}) {
  return (
    <label class="field">
      <span>{name}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
    </label>
  );
}

interface TextProps {
  name: string;
  value: string | undefined;
  type?: 'text' | 'search' | 'number' | 'date';
  wide?: boolean;
  onChange: (value: string) => void;
}

function Text({name, value, type = 'text', wide = false, onChange}: TextProps) {
  const kind: object = type === 'number' ? {type, min: 0, max: 1, step: 'any'} : {type};
  return (
    <label class={wide ? 'field wide' : 'field'}>
      <span>{name}</span>
      <input {...kind} value={value ?? ''} onChange={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}

function More({children}: {children: ComponentChildren}) {
  const words = useWords();
  return (
    <details class="more">
      <summary>{words.moreFilters}</summary>
      <div class="fields">{children}</div>
    </details>
  );
}

export function FilterBar({filter, onChange}: Props) {
  const {session} = useServices();
  const words = useWords();
  const set = (change: Filter) => onChange({...filter, ...change});
  const sorts = {
    name: words.sortName, newest: words.sortNewest, uncertain: words.sortUncertain, confident: words.sortConfident,
    drifted: words.sortDrifted, suspect: words.sortSuspect, random: words.sortRandom,
  };
  return (
    <div class="filters" role="search" aria-label={words.filters}>
      <div class="fields">
        <Choice name={words.state} value={filter.state ?? ''} onChange={(state) => set({state})} options={[
          ['', words.everyState], ['unlabelled', words.unlabelled], ['labelled', words.labelled], ['skipped', words.skipped], ['rejected', words.rejected]]} />
        <Choice name={words.label} value={filter.label ?? ''} onChange={(label) => set({label})}
          options={[['', words.any], ...session.classes.map((name): [string, string] => [name, name])]} />
        <Choice name={words.order} value={filter.sort ?? 'name'} onChange={(sort) => set({sort})}
          options={kSorts.map((sort) => [sort, sorts[sort]])} />
        <Text name={words.nameHas} type="search" value={filter.name} wide onChange={(name) => set({name})} />
      </div>
      <More>
        <Choice name={words.source} value={filter.source ?? ''} onChange={(source) => set({source})}
          options={[['', words.any], ['manual', words.sourceManual], ['auto', words.sourceAuto], ['file', words.sourceFile]]} />
        <Text name={words.annotator} value={filter.annotator} onChange={(annotator) => set({annotator})} />
        <Text name={words.modelVersion} value={filter.version} onChange={(version) => set({version: version.replace(/\D/g, '')})} />
        <Text name={words.leastScore} type="number" value={filter.least} onChange={(least) => set({least})} />
        <Text name={words.mostScore} type="number" value={filter.most} onChange={(most) => set({most})} />
        <Text name={words.fromDay} type="date" value={filter.from} onChange={(from) => set({from})} />
        <Text name={words.toDay} type="date" value={filter.to} onChange={(to) => set({to})} />
        <label class="switch">
          <input type="checkbox" checked={filter.disagree === 'true'} onChange={(event) => set({disagree: event.currentTarget.checked ? 'true' : ''})} />
          <span>{words.disagree}</span>
        </label>
      </More>
    </div>
  );
}
