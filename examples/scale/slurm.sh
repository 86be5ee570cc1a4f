#!/bin/bash
#SBATCH -J reportgen
#SBATCH -a 1-8
#SBATCH -c 8
# Submit with sbatch. When all tasks are done, run the command without the shard; add -o report.
reportgen build model.keras photos/ --cache-dir work \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
