-- What this service tells is needed for audit: it goes only when it is in the archive (.archived in main.c says so too).
UPDATE outbox_rule SET archived = true;
