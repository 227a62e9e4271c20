import {useCallback} from 'preact/hooks';

import {useFileDrop} from '../../../shared/useFileDrop';
import type {Given} from '../logic/importing';
import {useServices} from '../services';
import {useWords} from '../words/useWords';

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

// A folder gives at most a hundred entries a time.
async function children(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const result: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return result;
    result.push(...some);
  }
}

async function filesBelow(entry: FileSystemEntry): Promise<Given[]> {
  if (entry.isFile) return [{name: entry.name, file: await fileOf(entry as FileSystemFileEntry)}];
  const below: Given[] = [];
  for (const child of await children(entry as FileSystemDirectoryEntry)) below.push(...await filesBelow(child));
  return below;
}

// Entries must be asked for before the event ends; reading them may take longer.
function dropped(transfer: DataTransfer): Promise<Given[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (entries.length === 0) return Promise.resolve([...transfer.files].map((file) => ({name: file.name, file})));
  return Promise.all(entries.map(filesBelow)).then((lists) => lists.flat());
}

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;

// The whole page takes files. Dropped beside it or by somebody who may not import, they do not replace the page.
export function DropArea({onDropped}: {onDropped: () => void}) {
  const {session, importing} = useServices();
  const words = useWords();
  const allowed = session.role === 'admin';
  const over = useFileDrop(useCallback((transfer: DataTransfer | null) => {
    if (!allowed || !transfer) return;
    void dropped(transfer).then((files) => {
      if (files.length === 0) return;
      importing.add(files);
      onDropped();
    });
  }, [allowed, importing]), hasFiles);
  if (!over) return null;
  return <div class="drop-over"><strong>{allowed ? words.dropHere : words.dropNotAllowed}</strong></div>;
}
