/** A volume as stored. Local volumes live below DATAROOT/volumes/NAME/_data, as Docker's do. */
export interface Volume {
  readonly name: string;
  readonly driver: 'local';
  /** RFC 3339. */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly mountpoint: string;
}

export interface VolumeService {
  list(): readonly Volume[];
  find(name: string): Volume | undefined;
  /** Makes a volume, or returns the one of that name. Throws invalidArgument (Docker's text) for a name that cannot be. */
  create(name: string, options?: { labels?: Readonly<Record<string, string>> }): { volume: Volume; made: boolean };
  /** Removes row and directory; idempotent. Whoever calls knows that nobody uses it. */
  remove(name: string): Promise<void>;
  /** Removes directories without a row (a crash in between). */
  sweep(): Promise<void>;
}

/** Label of volumes that nobody named. */
export const anonymousLabel = 'com.docker.volume.anonymous';
