// What is said to the person: read out by screen readers, and shown for a while.
import {Observable} from './observable';

const kShownMilliseconds = 4000;

export class Announcer extends Observable {
  text = '';
  undoable = false;  // an undo button belongs to it
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, undoable = false): void {
    this.text = text;
    this.undoable = undoable;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(''), kShownMilliseconds);
    if (text === '') clearTimeout(this.timer);
    this.changed();
  }
}
