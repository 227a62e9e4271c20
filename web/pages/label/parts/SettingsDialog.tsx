import {useLayoutEffect, useState} from 'preact/hooks';

import {keyName, keyOf, type Command} from '../logic/keymap';
import {useServices, useWatched} from '../services';
import {useWords} from '../words/useWords';
import {fill, kLanguages} from '../words/words';
import {Dialog} from './Dialog';
import {useCommandName, useCommands, useKeys} from './HelpDialog';

const kModifiers = ['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Tab', 'Dead', 'Process'];

// The next key that is pressed becomes the command's; Escape leaves it.
function useKeyCatcher(waitingFor: Command | undefined, take: (key: string | undefined) => void) {
  // With the layout, not after the paint: the key after the one that was caught is an ordinary one again.
  useLayoutEffect(() => {
    if (!waitingFor) return undefined;
    const caught = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || kModifiers.includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      take(event.key === 'Escape' ? undefined : key);
    };
    document.addEventListener('keydown', caught, true);
    return () => document.removeEventListener('keydown', caught, true);
  }, [waitingFor]);
}

function KeyTable() {
  const {settings} = useServices();
  const words = useWords();
  const keys = useKeys();
  const commands = useCommands();
  const commandName = useCommandName();
  const [waiting, setWaiting] = useState<Command>();
  useKeyCatcher(waiting, (key) => {
    if (key !== undefined && waiting) {
      // A key has one meaning: whoever had it before among the person's own loses it.
      const others = Object.entries(settings.data.keys).filter(([command, by]) => command !== waiting && by !== key);
      settings.set({keys: {...Object.fromEntries(others), [waiting]: key}});
    }
    setWaiting(undefined);
  });
  return (
    <table class="keys">
      <caption class="only-heard">{words.keysTitle}</caption>
      <tbody>
        {commands.map((command) => {
          const key = keyOf(keys, command);
          const name = commandName(command);
          return (
            <tr key={command}>
              <th scope="row"><bdi>{name}</bdi></th>
              <td>
                {waiting === command ? <em role="status">{words.pressKey}</em> : key === undefined ? '–' : <kbd>{keyName(key)}</kbd>}
              </td>
              <td>
                <button type="button" class="link" aria-label={fill(words.changeKeyOf, {name})} onClick={() => setWaiting(command)}>{words.change}</button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function SettingsDialog({onClose}: {onClose: () => void}) {
  const {settings, session} = useServices();
  useWatched(settings);
  const words = useWords();
  const {data} = settings;
  return (
    <Dialog title={words.settingsTitle} onClose={onClose} wide>
      <div class="stack">
        <label>
          {words.language}
          <select value={data.language} onChange={(event) => settings.set({language: event.currentTarget.value})}>
            <option value="">{words.languageOfBrowser}</option>
            {Object.entries(kLanguages).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
          </select>
        </label>
        {!session.named && (
          <label>
            {words.nameField}
            <input value={data.annotator} maxLength={64} onChange={(event) => {
              const name = event.currentTarget.value.replace(/\p{C}/gu, ' ').trim();
              if (name) settings.set({annotator: name});
            }} />
          </label>
        )}
        <label class="switch">
          <input type="checkbox" checked={data.seedMode} onChange={(event) => settings.set({seedMode: event.currentTarget.checked})} />
          <span>{words.seedMode}<small>{words.seedModeText}</small></span>
        </label>
        <label class="switch">
          <input type="checkbox" checked={data.keysOn} onChange={(event) => settings.set({keysOn: event.currentTarget.checked})} />
          <span>{words.keysOn}<small>{words.keysOnText}</small></span>
        </label>
        <div class="row between">
          <h3>{words.keysTitle}</h3>
          <button type="button" class="link" disabled={Object.keys(data.keys).length === 0} onClick={() => settings.set({keys: {}})}>{words.keysReset}</button>
        </div>
        <KeyTable />
        <p class="faint">{fill(words.programVersion, {version: session.program_version})}</p>
      </div>
    </Dialog>
  );
}
