/**
 * EC2's limit on user data, bytes before base64.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
 */
export const MAX_PAYLOAD_BYTES = 16_384;

/** The user data of one RunInstances call. */
export interface Payload {
  readonly scheme: 'personality';
  /** The exact text; ASCII or UTF-8, at most 16,384 bytes. Holds the nonce: never print it unredacted by accident. */
  readonly text: string;
  /** Raw size, before base64. */
  readonly bytes: number;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
}
