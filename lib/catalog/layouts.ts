import type { CatalogLayout } from '../../lambda/contract.ts';

/** What {@link layoutsOf} needs of the settings. */
export interface LayoutSettings extends CatalogLayout {
  readonly catalogTopics?: readonly string[] | undefined;
  readonly catalogLayouts?:
    | readonly (Omit<CatalogLayout, 'topics'> & {
        readonly topics?: readonly string[] | undefined;
      })[]
    | undefined;
}

/** The layouts of an archive: the current one with every topic that it ever had, and the earlier ones in their order. */
export function layoutsOf(settings: LayoutSettings): readonly CatalogLayout[] {
  const { catalogLayouts = [], catalogTopics = [], objectPrefix, timeFolder } = settings;
  const topics = [...settings.topics, ...catalogTopics];
  return [
    { objectPrefix, timeFolder, topics },
    ...catalogLayouts.map((layout) => ({ ...layout, topics: layout.topics ?? topics })),
  ];
}
