/** Where a client would like to listen. */
export interface Place {
  /**
   * The region that it is in, as the server's operator calls it: it gets a node there, or else in the next region that has
   * room. `nearest` has it find out which region answers first, if the server lists them.
   */
  region?: string | undefined;
  /** Among the nodes of a region, those with the most of these labels come first. */
  labels?: readonly string[];
  /**
   * Any word of at most 255 characters, such as a room's name: clients that give the same one get the same node, as long as it is not
   * much fuller than others.
   */
  near?: string;
}
