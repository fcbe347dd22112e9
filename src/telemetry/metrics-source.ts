/** Where metrics come from. */

/** Tells metrics in the text format of Prometheus. */
export interface MetricsSource {
  read(): Promise<string>;
}
