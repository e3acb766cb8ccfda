#!/usr/bin/env bash
# Cuts the glasses out of all photos in a folder, spread over a Slurm job array.
#
#   array=$(sbatch --parsable slurm.sh PHOTOS CUTOUTS)
#   sbatch --dependency=afterok:"$array" --wrap='stgan glasses --merge CUTOUTS'
#
# Both folders are on a file system that all nodes share. The second command joins the manifests
# when all tasks have finished. To repeat tasks that failed, submit the same array again: photos
# that are done are skipped.

#SBATCH --job-name=cut-outs
#SBATCH --array=0-15
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --output=cut-outs-%A-%a.log

set -euo pipefail

photos=${1:?usage: sbatch slurm.sh PHOTOS CUTOUTS}
cutouts=${2:?usage: sbatch slurm.sh PHOTOS CUTOUTS}

# Clusters that do not bind tasks to cores show all cores of the node to each task.
export RAYON_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}

# The array starts at 0, as shards do. A photo that can't be cut out must not fail the task.
stgan glasses "$photos" --output "$cutouts" --lenient \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
