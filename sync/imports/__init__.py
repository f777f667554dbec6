"""Files of other systems brought in: read, understood column by column, compared, applied in one version, undone."""
