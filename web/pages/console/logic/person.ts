// The name that a person gave on the labelling page, kept in this browser.
import {Settings} from '../../label/logic/settings';

export function keptName(): string {
  try {
    return new Settings(window.localStorage).data.annotator;
  } catch {
    // A browser that keeps nothing; the server then knows nobody.
    return '';
  }
}
