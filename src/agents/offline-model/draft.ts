/** What a person has said about the instance they want, and how a later message changes it. */

/** A word that may name an organization or an environment; which one is known once the platform listed them. */
export interface PlaceHint {
  readonly word: string;
  /** The preposition it stood after, or `alone` for a message that was nothing but the word. */
  readonly lead: 'in' | 'for' | 'alone';
}

/** The request as read so far; a field that was not said is left out, a field that was said wrong is kept. */
export interface Draft {
  readonly organization?: string | undefined;
  readonly environment?: string | undefined;
  readonly name?: string | undefined;
  readonly engine?: string | undefined;
  readonly version?: string | undefined;
  readonly instanceClass?: string | undefined;
  readonly storageGb?: number | undefined;
  readonly username?: string | undefined;
  readonly subnetIds?: readonly string[] | undefined;
  readonly subnetGroup?: string | undefined;
  readonly securityGroupIds?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly isPublic?: boolean | undefined;
  readonly isMultiAz?: boolean | undefined;
  readonly isEncrypted?: boolean | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly parameterGroup?: string | undefined;
  readonly optionGroup?: string | undefined;
  readonly places?: readonly PlaceHint[] | undefined;
}

/** A field of the draft that a person gives a value for. */
export type DraftField = Exclude<keyof Draft, 'places'>;

/** Tells whether anything at all was said. */
export function hasDetails(draft: Draft): boolean {
  return Object.keys(withoutGaps(draft)).length > 0;
}

/** Counts the fields that were said, places left out. */
export function countDetails(draft: Draft): number {
  return Object.keys(withoutGaps({ ...draft, places: undefined })).length;
}

/**
 * Adds what was said now to what was said before; the later word holds.
 * A new engine drops the version of the old one; subnets and a subnet group replace each other; a second subnet joins
 * a lonely first one, because two are needed.
 */
export function mergeDraft(before: Draft, said: Draft): Draft {
  const merged: Draft = { ...before, ...withoutGaps(said) };
  const isOtherEngine =
    said.engine !== undefined && before.engine !== undefined && said.engine !== before.engine;
  return {
    ...merged,
    version: isOtherEngine ? said.version : merged.version,
    subnetIds: mergeSubnets(before, said),
    subnetGroup:
      said.subnetIds !== undefined && said.subnetGroup === undefined ? undefined : merged.subnetGroup,
    places: [...(before.places ?? []), ...(said.places ?? [])],
  };
}

function mergeSubnets(before: Draft, said: Draft): readonly string[] | undefined {
  if (said.subnetIds === undefined) return said.subnetGroup === undefined ? before.subnetIds : undefined;
  const isLonely = before.subnetIds?.length === 1 && said.subnetIds.length === 1;
  return isLonely ? [...new Set([...(before.subnetIds ?? []), ...said.subnetIds])] : said.subnetIds;
}

function withoutGaps(draft: Draft): Draft {
  return Object.fromEntries(
    Object.entries(draft).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
