// Grafana's own types, narrowed to what a dashboard of ours may be: an option or a panel that Grafana would pass over in
// silence does not compile.
import type { Dashboard, DataQuery, FieldConfig, FieldConfigSource, Panel, RowPanel } from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// The Prometheus data source's query has no type in Grafana's package: the fields that its editor writes.
interface PrometheusQuery extends DataQuery {
  expr: string;
  legendFormat: string;
  instant?: boolean;
  range?: boolean;
}

// Options and own field settings, by the name of the panel's plugin.
interface Kinds {
  bargauge: [bargauge.Options, Record<string, never>];
  stat: [stat.Options, Record<string, never>];
  'state-timeline': [timeline.Options, timeline.FieldConfig];
  timeseries: [timeseries.Options, timeseries.FieldConfig];
}

type PanelOf<K extends keyof Kinds> = Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> &
  Required<Pick<Panel, 'id' | 'title' | 'description' | 'gridPos'>> & {
    type: K;
    options: Kinds[K][0];
    fieldConfig: Omit<FieldConfigSource, 'defaults'> & { defaults: Omit<FieldConfig, 'custom'> & { custom?: Kinds[K][1] } };
    targets: PrometheusQuery[];
  };

type AnyPanel = { [K in keyof Kinds]: PanelOf<K> }[keyof Kinds];

type Whole = Omit<Dashboard, 'panels' | 'annotations'> & {
  panels: (AnyPanel | (Omit<RowPanel, 'type'> & { type: 'row' }))[];
  annotations: { list: (Omit<NonNullable<NonNullable<Dashboard['annotations']>['list']>[number], 'target'> & { target: PrometheusQuery })[] };
};

// An enum of words is written as one of its words.
type Written<T> = 0 extends 1 & T ? any
  : T extends string ? `${T}`
  : T extends object ? { [K in keyof T]: Written<T[K]> }
  : T;

export type WrittenDashboard = Written<Whole>;
