import {useEffect, useRef} from 'preact/hooks';

import {queryText} from '../logic/api';
import {itemQuery, readFilter} from '../logic/filters';
import {readRoute} from '../logic/router';
import {useServices, useWatched} from '../services';
import {useFormat, useWords} from '../words/useWords';
import {fill} from '../words/words';
import {Dialog} from './Dialog';

const kFormats = {
  json: 'JSON (zip)', csv: 'CSV', jsonl: 'JSON Lines', imagefolder: 'ImageFolder (zip)', coco: 'COCO',
  'label-studio': 'Label Studio', huggingface: 'Hugging Face (zip)',
};

function Imports() {
  const {importing} = useServices();
  useWatched(importing);
  const words = useWords();
  const format = useFormat();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute('webkitdirectory', ''), []);
  const take = (input: HTMLInputElement) => {
    importing.add([...(input.files ?? [])].map((file) => ({name: file.name, file})));
    input.value = '';
  };
  const all = importing.done + importing.waiting.length + (importing.current === undefined ? 0 : 1);
  const busy = importing.current !== undefined;
  const statuses = {imported: words.imported, duplicate: words.duplicate, refused: words.refused};
  return (
    <section class="stack" aria-label={words.importTitle}>
      <h3>{words.importTitle}</h3>
      <p class="faint">{words.importText}</p>
      <div class="row">
        <button type="button" onClick={() => files.current?.click()}>{words.chooseFiles}</button>
        <button type="button" class="plain" onClick={() => folder.current?.click()}>{words.chooseFolder}</button>
        {busy && <button type="button" class="plain" onClick={() => importing.stop()}>{words.cancel}</button>}
      </div>
      <input ref={files} type="file" multiple hidden accept=".jpg,.jpeg,.png,.webp,.bmp,.zip" onChange={(event) => take(event.currentTarget)} />
      <input ref={folder} type="file" multiple hidden onChange={(event) => take(event.currentTarget)} />
      {all > 0 && (
        <>
          <label class="import-progress">
            <span>{fill(words.importedOf, {n: format.number(importing.done), all: format.number(all)})} {busy && <bdi class="faint">{importing.current}</bdi>}</span>
            <progress max={all} value={importing.done} />
          </label>
          <ul class="results" tabIndex={0} aria-label={words.results}>
            {importing.results.slice(-500).reverse().map((result, index) => (
              <li key={importing.results.length - index} data-status={result.status}>
                <bdi>{result.name}</bdi>{' '}
                <span class={result.status === 'refused' ? 'bad' : 'faint'}>
                  {statuses[result.status]}{result.as && result.as !== result.name ? ` → ${result.as}` : ''}{result.message ? `: ${result.message}` : ''}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Exports() {
  const {randomSeed} = useServices();
  const words = useWords();
  const route = readRoute(location.hash);
  const filtered = route.view === 'grid' && Object.keys(readFilter(route.query)).length > 0;
  const filter = filtered ? itemQuery(readFilter(route.query), randomSeed) : {};
  return (
    <section class="stack" aria-label={words.exportTitle}>
      <h3>{words.exportTitle}</h3>
      <p class="faint">{filtered ? words.exportFiltered : words.exportText}</p>
      <ul class="exports">
        {Object.entries(kFormats).map(([format, name]) => (
          <li key={format}><a href={`api/export?${queryText({...filter, format})}`} download>{name}</a></li>
        ))}
      </ul>
    </section>
  );
}

export function DataDialog({onClose}: {onClose: () => void}) {
  const words = useWords();
  return (
    <Dialog title={words.dataTitle} onClose={onClose} wide>
      <div class="stack">
        <Imports />
        <Exports />
      </div>
    </Dialog>
  );
}
