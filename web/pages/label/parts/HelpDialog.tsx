import {kCommands, keyName, keyOf, keysFor, type Command} from '../logic/keymap';
import {useServices, useWatched} from '../services';
import {useWords} from '../words/useWords';
import {Dialog} from './Dialog';

export function useCommandName() {
  const words = useWords();
  return (command: Command): string => {
    if (command.startsWith('class:')) return command.slice('class:'.length);
    const names = {
      accept: words.accept, reject: words.reject, skip: words.skip, undo: words.undo,
      back: words.back, next: words.next, zoom: words.zoom, help: words.helpTitle,
    };
    return names[command as keyof typeof names];
  };
}

export function useKeys() {
  const {session, settings} = useServices();
  useWatched(settings);
  return keysFor(session.classes, settings.data.keys);
}

export function useCommands(): Command[] {
  const {session} = useServices();
  return [...session.classes.map((name): Command => `class:${name}`), ...kCommands];
}

export function HelpDialog({onClose}: {onClose: () => void}) {
  const words = useWords();
  const {settings} = useServices();
  const keys = useKeys();
  const commandName = useCommandName();
  const commands = useCommands();
  return (
    <Dialog title={words.helpTitle} onClose={onClose} wide>
      <p>{settings.data.seedMode ? words.helpSeed : words.helpText}</p>
      <table class="keys">
        <tbody>
          {commands.map((command) => {
            const key = keyOf(keys, command);
            return (
              <tr key={command}>
                <th scope="row"><bdi>{commandName(command)}</bdi></th>
                <td>{key === undefined ? '–' : <kbd>{keyName(key)}</kbd>}{command === 'undo' && <> <kbd>Ctrl</kbd> <kbd>Z</kbd></>}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <h3>{words.viewGrid}</h3>
      <p>{words.helpGrid}</p>
      <p class="faint">{words.helpMore} <a href="docs">API</a></p>
    </Dialog>
  );
}
