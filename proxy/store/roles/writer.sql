-- A sidecar's shipper and sealer: it adds rows, counts those it sent, and reads nothing
-- of them. Erasing at the end of their time is the owner's (store.retention.every: 0s).

CREATE ROLE IF NOT EXISTS whosaw_writer;

REVOKE ALL ON *.* FROM whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.exchanges TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.views TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.sessions TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.gaps TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.attributions TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.connections TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.heartbeats TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.crosswalk TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.captures TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.subjects TO whosaw_writer;

GRANT INSERT, SELECT(node, epoch, seq) ON {database}.inquiries TO whosaw_writer;

GRANT INSERT, SELECT ON {database}.seals TO whosaw_writer;

GRANT INSERT ON {database}.seal_seeds TO whosaw_writer;

GRANT SELECT ON {database}.migrations TO whosaw_writer
