#!/bin/sh
# An experiment as a job array, a shard a task; each task may end and begin again, finished points stay.
#   sbatch examples/cluster/slurm.sh examples/cluster/magnet.toml results
#   spinfield merge results       once all tasks have ended
#SBATCH --array=1-8
#SBATCH --time=01:00:00
#SBATCH --gpus=1
#SBATCH --signal=TERM@120
#SBATCH --requeue
set -eu
exec spinfield run "$1" --out "$2" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
