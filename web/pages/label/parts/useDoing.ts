import type {Action, Item} from '../logic/api';
import {suggestionFor} from '../logic/labelling';
import {useServices} from '../services';

// Changes items that are shown in a list: each is bound to the revision the person saw. What is already so is left.
export function useDoing() {
  const services = useServices();
  return (names: readonly string[], action: Action, labelOf: (item: Item) => string | null = () => null): number => {
    const drafts = names.flatMap((name) => {
      const item = services.view(name);
      const known = services.items.get(name);
      if (!item || !known) return [];
      const label = labelOf(item);
      if (action === 'label' && (label === null || (item.state === 'labelled' && item.label === label))) return [];
      if (action === 'skip' && item.state === 'skipped') return [];
      if ((action === 'restore') !== (item.state === 'rejected')) return [];
      const blind = services.blind(item);
      return [{
        name, revision: known.revision, action, label, shown: suggestionFor(item, blind), blind,
        before: {state: item.state, label: item.label},
      }];
    });
    services.deeds.do(drafts);
    return drafts.length;
  };
}
