// The languages of the page. Every dictionary has every word of the English one: the compiler checks.
import {en} from './en';

export type Words = {[Key in keyof typeof en]: string};

export const kLanguages = {en: 'English', es: 'Español', fr: 'Français', de: 'Deutsch', zh: '中文'} as const;
export type Language = keyof typeof kLanguages;

const kLoaders: Record<Language, () => Promise<Words>> = {
  en: () => Promise.resolve(en),
  es: () => import('./es').then((module) => module.es),
  fr: () => import('./fr').then((module) => module.fr),
  de: () => import('./de').then((module) => module.de),
  zh: () => import('./zh').then((module) => module.zh),
};

// The person's choice, else the first of the browser's languages that is there, else English.
export function chooseLanguage(chosen: string, wanted: readonly string[]): Language {
  for (const tag of [chosen, ...wanted]) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (language in kLanguages) return language as Language;
  }
  return 'en';
}

export function loadWords(language: Language): Promise<Words> {
  return kLoaders[language]();
}

// Puts values in for {name}s.
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
