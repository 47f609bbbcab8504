#!/usr/bin/env bash
# Run inside the image while it is built: six environments of conda, and a look at each command and import.
set -euo pipefail
here=$1 # folder of environment.yaml, align.yaml, macs2.yaml, macs3.yaml, idr.yaml and multiqc.yaml
for pair in epigroup:environment align:align macs2:macs2 macs3:macs3 idr:idr multiqc:multiqc; do
  conda env create --quiet --prefix "/opt/${pair%%:*}" --file "$here/${pair##*:}.yaml"
done
conda clean --all --yes >/dev/null
export PATH=/opt/epigroup/bin:$PATH:/opt/align/bin:/opt/macs2/bin:/opt/macs3/bin:/opt/idr/bin:/opt/multiqc/bin
for tool in snakemake bowtie2 bowtie2-build samtools fastp macs2 macs3 idr multiqc; do command -v "$tool" >/dev/null; done
python -c "import h5py, hdf5plugin, isal, jinja2, jsonschema, matplotlib, optuna, pandas, pyBigWig, pysam, safetensors
import os, sys, scipy, sklearn, threadpoolctl, torch, yaml; print('torch', torch.__version__, 'for CUDA', torch.version.cuda)
sys.exit('CUDA was asked for, but conda took the CPU build of torch' if os.environ.get('CONDA_OVERRIDE_CUDA') and not torch.version.cuda else 0)"
