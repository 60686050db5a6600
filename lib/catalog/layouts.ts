import type { StackSettings } from '../settings/settings.ts';
import type { CatalogLayout } from './tables.ts';

/** The layouts of an archive: the current one with every topic that it ever had, and the earlier ones in their order. */
export function layoutsOf(settings: StackSettings): readonly CatalogLayout[] {
  const { catalogLayouts = [], catalogTopics = [], objectPrefix, timeFolder } = settings;
  const topics = [...settings.topics.map(({ topic }) => topic), ...catalogTopics];
  return [
    { objectPrefix, timeFolder, topics },
    ...catalogLayouts.map((layout) => ({ ...layout, topics: layout.topics ?? topics })),
  ];
}
