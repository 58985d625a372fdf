/** Fields become `key=value` in Terraform's log. Values of keys that look secret are redacted by the implementation. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Log and progress of an operation. Shown to people only under TF_LOG or TF_LOG_PROVIDER; never log a secret, the
 * redaction is a safety net and not a licence.
 */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
