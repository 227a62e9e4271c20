import {keyName, keyOf, type Command} from '../logic/keymap';
import {useServices} from '../services';
import {useCommandName, useKeys} from './HelpDialog';
import {Icon, type IconName} from './icons';

interface ActionProps {
  command: Command;
  icon?: IconName;
  turns?: boolean;
  kind: string;
}

// A button for a command, with its key. A pointer does not move the focus: the space bar stays the page's.
function Action({command, icon, turns, kind}: ActionProps) {
  const {labelling, deck, settings} = useServices();
  const key = keyOf(useKeys(), command);
  const name = useCommandName()(command);
  const chosen = command === `class:${labelling.selected ?? ''}`;
  const needsImage = command !== 'undo' && command !== 'back';
  const shownKey = settings.data.keysOn ? key : undefined;
  return (
    <button type="button" class={chosen ? `${kind} chosen` : kind} disabled={needsImage && deck.current === undefined}
      aria-pressed={settings.data.seedMode && command.startsWith('class:') ? chosen : undefined}
      aria-keyshortcuts={shownKey && (shownKey === ' ' ? 'Space' : shownKey)}
      onMouseDown={(event) => event.preventDefault()} onClick={() => labelling.run(command)}>
      {chosen ? <Icon name="check" /> : icon && <Icon name={icon} turns={turns ?? false} />}
      <span class="name"><bdi>{name}</bdi></span>
      {shownKey !== undefined && <kbd aria-hidden="true">{keyName(shownKey)}</kbd>}
    </button>
  );
}

export function ActionBar() {
  const {session} = useServices();
  return (
    <div class="actions">
      <div class="side">
        <Action command="back" icon="back" turns kind="tool" />
        <Action command="undo" icon="undo" kind="tool" />
      </div>
      <div class="classes">
        {session.classes.map((name) => <Action key={name} command={`class:${name}`} kind="class" />)}
      </div>
      <div class="side end">
        <Action command="skip" icon="skip" kind="tool" />
        <Action command="reject" icon="reject" kind="tool" />
        <Action command="next" icon="next" turns kind="tool" />
      </div>
    </div>
  );
}
